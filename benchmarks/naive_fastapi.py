"""Uploads and downloads as they are written first: the whole file in memory, and a row by SQLAlchemy on SQLite."""

import hashlib
import os
import uuid
from pathlib import Path
from typing import Annotated

from fastapi import FastAPI, Form, HTTPException, UploadFile
from fastapi.responses import FileResponse
from sqlalchemy import create_engine, update
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.schema import CreateTable

DIRECTORY = Path(os.environ["NAIVE_DIRECTORY"])

app = FastAPI()
engine = create_engine(f"sqlite:///{DIRECTORY}/packages.db")


class Base(DeclarativeBase):
    """The tables' base."""


class Package(Base):
    """A file, and how often it was downloaded."""

    __tablename__ = "packages"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    path: Mapped[str]
    sha256: Mapped[str]
    size: Mapped[int]
    downloads: Mapped[int] = mapped_column(default=0)


# Two workers come here at once.
with engine.begin() as connection:
    connection.execute(CreateTable(Package.__table__, if_not_exists=True))  # type: ignore[arg-type]


@app.post("/upload")
async def upload(file: UploadFile, name: Annotated[str, Form()]) -> dict[str, object]:
    """Keep a file."""
    content = await file.read()
    digest = hashlib.sha256(content).hexdigest()
    path = DIRECTORY / f"{uuid.uuid4().hex}.zip"
    path.write_bytes(content)
    with Session(engine) as session:
        package = Package(name=name, path=str(path), sha256=digest, size=len(content))
        session.add(package)
        session.commit()
        return {"id": package.id, "sha256": digest}


@app.get("/download/{package_id}")
def download(package_id: int) -> FileResponse:
    """Count a download, and send the file."""
    with Session(engine) as session:
        package = session.get(Package, package_id)
        if package is None:
            raise HTTPException(404)
        path = package.path
        session.execute(update(Package).where(Package.id == package_id).values(downloads=Package.downloads + 1))
        session.commit()
    return FileResponse(path)
