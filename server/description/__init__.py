"""The OpenAPI document, read off the routes, and the page that shows it."""
