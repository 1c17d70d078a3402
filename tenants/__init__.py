"""The control plane: cities, their subscriptions and profiles."""
