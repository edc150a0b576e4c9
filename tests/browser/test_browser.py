"""The browser that the tests beside this one drive."""

from playwright.async_api import Page


async def test_chromium_shows_a_page_and_runs_its_script(page: Page) -> None:
    await page.set_content("<h1>Hello</h1><script>document.title = 'It runs'</script>")
    assert await page.title() == "It runs"
    assert await page.get_by_role("heading").inner_text() == "Hello"
