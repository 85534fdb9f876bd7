"""What gunicorn and `flask` load: the application, ready to answer."""

from microdock_server import create_app
from microdock_server.startup import prepare

app = create_app()
prepare(app)
