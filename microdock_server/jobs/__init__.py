"""What is done beside requests: background jobs and scheduled tasks."""
