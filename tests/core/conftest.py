"""How long hypothesis may look: enough to find a slip, short enough to be run on every save."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "core",
    max_examples=100,
    deadline=None,  # a busy machine is no failure
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("core")
