"""Forwarding reports to other bodies over Open311, and hearing what becomes of them."""
