"""What gunicorn and `flask` load: the application, ready to answer."""

from microdock_server import create_app, file_modes
from microdock_server.bootstrap import prepare

file_modes.keep_private()
app = create_app()
prepare(app)
