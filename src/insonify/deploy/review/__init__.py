"""The web app in which people watch scans, label them and see what is learnt."""
