"""The desk over HTTP and WebSockets: sign-in, routes, problems."""
