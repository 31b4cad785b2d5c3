"""Eye tracker recordings to gaze on stored frames."""
