"""Ejection fraction as classes; the number itself stays a fact of the video."""


def ejection_class(percent: float) -> str:
    """Class of a left ventricle's ejection fraction.

    Below 40 %, from 40 to below 50 %, and from 50 % on (Ponikowski et al., European
    Heart Journal 37, 2016, section 3.2.1: guidelines on heart failure).

    >>> ejection_class(49.9)
    'mildly reduced'
    """
    if percent < 40:
        return "reduced"
    return "mildly reduced" if percent < 50 else "preserved"
