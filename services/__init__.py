"""What runs beside the models: services, their delivery, and the recording of what they answered."""
