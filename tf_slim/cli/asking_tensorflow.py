"""What `tf-slim info` asks TensorFlow, run as a program: prints one line of JSON.

It imports nothing of this package: it is TensorFlow that is looked at.
"""

from __future__ import annotations

import json


def main() -> None:
    """Prints how TensorFlow was built, and the devices that it sees."""
    import tensorflow as tf

    build = tf.sysconfig.get_build_info()
    cuda = f"CUDA {build.get('cuda_version')}, cuDNN {build.get('cudnn_version')}"
    rows = {"build": cuda if build.get("is_cuda_build") else "without CUDA"}
    devices = []
    for device in tf.config.list_physical_devices():
        name = device.name.removeprefix("/physical_device:")
        if device.device_type == "GPU":
            details = tf.config.experimental.get_device_details(device)
            name += f" ({details.get('device_name', 'unknown')})"
        devices.append(name)
    rows["devices"] = ", ".join(devices)
    print(json.dumps(rows))


if __name__ == "__main__":
    main()
