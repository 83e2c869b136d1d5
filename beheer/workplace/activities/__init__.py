"""Where in Beheer each activity of the function profile is done, and what was done there."""
