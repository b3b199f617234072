"""What a trial is judged by: metrics, scores from stored predictions, and checks that a score means something."""
