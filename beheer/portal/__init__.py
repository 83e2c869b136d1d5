"""What ICT users see: status of services, reporting, asking, following."""
