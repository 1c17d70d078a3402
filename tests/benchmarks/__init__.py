"""Benchmarks: ratios against baselines run side by side, never timed tests. ``make bench`` runs them."""
