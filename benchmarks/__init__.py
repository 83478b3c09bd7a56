"""Every speed claim of the course, side by side with what it is compared with."""
