"""What makes a program that writes of the model that the course builds."""
