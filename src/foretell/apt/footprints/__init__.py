"""What packages bring along, and which relation costs most."""
