"""What happens beside answering: deliveries are sent, pace is watched, what is old is removed. No HTTP server."""
