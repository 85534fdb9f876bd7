"""What is asked of the server as a whole: its health, its metrics, and the admin page's files."""
