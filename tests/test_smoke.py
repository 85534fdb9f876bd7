from .support import Api, package


def test_upload_list_download(api: Api, admin: Api) -> None:
    data = package()
    assert api.upload(data).status_code == 200
    assert api.get("/api/plugins/list").get_json()["data"][0]["name"] == "com.example.myplugin"
    answer = api.post("/api/plugins/download", {"name": "com.example.myplugin"})
    assert answer.data == data
    assert admin.post("/api/plugins/delete", {"name": "com.example.myplugin"}).status_code == 200
    assert api.get("/api/plugins/list").get_json()["data"] == []
