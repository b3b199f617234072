"""The presets that come with tunetop: `*.toml`, and under `data` what they embed."""
