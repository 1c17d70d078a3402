"""Who may fetch a file, and that it is the city's own."""

from __future__ import annotations

from leancity.core.testing.city import City
from tests.core.files.made import picture


async def test_an_upload_is_its_owners_until_it_is_published(city: City) -> None:
    sent = await city.request("POST", "/files", files={"file": ("../../etc/x.jpg", picture(), "text/html")})
    assert sent.status_code == 201 and sent.json()["mediaType"] == "image/jpeg"
    path = f"/files/{sent.json()['id']}"
    clerk = await city.user("core.case.read")
    for method in ("GET", "HEAD"):
        assert (await city.request(method, path)).status_code == 404
        assert (await city.request(method, path, as_=clerk)).status_code == 404, "it hangs on no case they may see"
    mine = await city.request("POST", "/files", as_=clerk, files={"file": ("x.jpg", picture(), "image/jpeg")})
    for method in ("GET", "HEAD"):
        assert (await city.request(method, f"/files/{mine.json()['id']}", as_=clerk)).status_code == 200


async def test_another_citys_file_is_not_found(city: City, another_city: City) -> None:
    sent = await city.request("POST", "/files", files={"file": ("x.jpg", picture(), "image/jpeg")})
    stranger = await another_city.user("core.case.read")
    assert (await another_city.request("GET", f"/files/{sent.json()['id']}", as_=stranger)).status_code == 404


async def test_cities_share_no_bytes(city: City, another_city: City) -> None:
    for each in (city, another_city):
        clerk = await each.user()
        sent = await each.request("POST", "/files", as_=clerk, files={"file": ("x.jpg", picture(), "image/jpeg")})
        assert (await each.request("GET", sent.json()["url"], as_=clerk)).status_code == 200
    [ours] = await city.rows("select sha256, copy from stored_file where tenant_id = $1")
    [theirs] = await another_city.rows("select sha256, copy from stored_file where tenant_id = $1")
    assert ours["sha256"] == theirs["sha256"] and ours["copy"] != theirs["copy"]
