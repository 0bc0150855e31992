"""The ways in and out: Twilio, the simulator, the shell."""
