"""The list as it is written first: every row through the ORM, marshmallow and jsonify, on every request."""

import os

from flask import Flask, Response, jsonify
from marshmallow import Schema, fields

from microdock_server.database.session import db
from microdock_server.models import Plugin

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{os.environ['NAIVE_DATABASE']}"
db.init_app(app)


class PluginSchema(Schema):
    """What the host's list shows of a plugin."""

    name = fields.String()
    display_name = fields.String()
    description = fields.String()
    author = fields.String()
    license = fields.String()
    homepage = fields.String()
    main_dll = fields.String()
    entry_class = fields.String()
    current_version = fields.String()
    is_enabled = fields.Boolean()
    is_deprecated = fields.Boolean()
    created_at = fields.DateTime(format="%Y-%m-%dT%H:%M:%SZ")
    updated_at = fields.DateTime(format="%Y-%m-%dT%H:%M:%SZ")
    total_download_count = fields.Integer()


schema = PluginSchema(many=True)


@app.get("/api/plugins/list")
def plugins() -> Response:
    """All plugins by name."""
    found = db.session.scalars(db.select(Plugin).order_by(Plugin.name_key)).all()
    return jsonify(success=True, message="获取插件列表成功", data=schema.dump(found))
