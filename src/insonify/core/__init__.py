"""What every room shares: videos, configuration, errors, atomic files."""
