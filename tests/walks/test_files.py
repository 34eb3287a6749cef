"""A file is brought, looked through, taken in and taken back; another one leaves."""
import re

import pytest
from playwright.sync_api import expect

from .test_every_screen import axe, wrong  # noqa: F401 - axe is a fixture

pytestmark = pytest.mark.browser
FILE = ("Vorname;Nachname;E-Mail;Umsatz;Beigetreten;Schuhgröße\n"
        "Wanda;Walker;wanda@walks.example;1.234,50;03.04.2025;38\nNo;One;nonsense;;04.05.2025;\n")


@pytest.mark.parametrize("width", [1440, 375])
def test_a_file_comes_in_and_goes_again(open_tab, signed_in, house, axe, width, tmp_path):  # noqa: F811
    tab, path = open_tab(width, signed_in), tmp_path / "walkers.csv"
    path.write_bytes(FILE.encode("cp1252"))

    def clean():
        tab.emulate_media(color_scheme="light")
        tab.evaluate("scrollTo(0, 0)")               # nothing half hidden by the bar on top
        assert wrong(tab, axe, width) == [] and tab.said == []
    tab.goto("/settings/imports")
    tab.get_by_role("link", name="Import a file").click()
    tab.get_by_label("CSV file").set_input_files(path)
    tab.get_by_role("button", name="Read the file").click()
    expect(tab.get_by_label("Where Vorname goes")).to_have_value("first_name")
    expect(tab.get_by_label("Where Umsatz goes")).to_have_value("total_revenue_cents:major")
    expect(tab.get_by_text("could be read either way")).to_be_visible()
    tab.get_by_label("Where Schuhgröße goes").select_option("leave")
    tab.get_by_label("Source").fill("People I walk with")
    tab.get_by_text("They agreed to marketing mail").click()
    clean()
    tab.get_by_role("button", name="Check the file").last.click()
    expect(tab.get_by_role("heading", name="Checking walkers.csv")).to_be_visible()
    clean()
    house.drain()
    tab.get_by_role("button", name="Take in 1 row").click()              # the page moved on by itself
    expect(tab.get_by_role("heading", name="Taking in walkers.csv")).to_be_visible()
    house.drain()
    expect(tab.get_by_text("Taken in", exact=True)).to_be_visible()
    expect(tab.get_by_text("is not an email address")).to_be_visible()
    clean()
    tab.goto("/people?q=wanda")
    expect(tab.locator("#people a.name")).to_have_text("Wanda Walker")
    tab.go_back()
    tab.get_by_role("button", name="Undo this import").click()
    tab.get_by_role("button", name="Undo it").click()
    expect(tab.get_by_role("heading", name="Undoing walkers.csv")).to_be_visible()
    house.drain()
    expect(tab.get_by_text("It is undone")).to_be_visible()
    clean()
    tab.goto("/people?q=wanda")
    expect(tab.get_by_text("Nobody here matches")).to_be_visible()


def test_a_file_too_large_is_said_before_it_travels(tab, tmp_path):
    path = tmp_path / "large.csv"
    with path.open("wb") as file:
        file.truncate((200 << 20) + 1)
    tab.goto("/settings/imports/new")
    tab.get_by_label("CSV file").set_input_files(path)
    said = tab.get_by_label("CSV file").evaluate("field => field.validationMessage")
    assert said.startswith("The file is over 200 MB")


def test_members_leave_as_a_workbook(tab):
    tab.goto("/people?stage=member")
    tab.get_by_role("link", name="Export").click()
    tab.get_by_text("Excel workbook").click()
    tab.get_by_label("Phone").check()
    with tab.expect_download() as taken:
        tab.get_by_role("button", name="Download").click()
    assert re.fullmatch(r"members-\d{4}-\d\d-\d\d\.xlsx", taken.value.suggested_filename)
    assert taken.value.path().read_bytes()[:2] == b"PK"
    tab.goto("/settings/exports")
    expect(tab.locator("main tbody tr").first).to_contain_text(taken.value.suggested_filename)
