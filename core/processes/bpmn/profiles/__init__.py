"""What each foreign engine wants of a drawing that it is to run."""
