"""One epoch of Yuma 3 by the package yuma-simulation (https://github.com/opentensor/yuma-simulation, MIT), 32-bit floats in torch, one thread.

Usage: epoch_yuma_simulation.py [folder of its source, if it is not installed]. Reads what epoch_peer.py reads; writes incentive, dividends,
CPU milliseconds an epoch and versions to standard output. It has no penalty for what is above the consensus in the bonds, and keeps weights
by what is not listed as 0.
"""

import json
import sys
import time
from importlib import metadata

if len(sys.argv) > 1:
    sys.path.insert(0, f"{sys.argv[1]}/src")

import torch
from yuma_simulation._internal.yumas import SimulationHyperparameters, Yuma3, YumaConfig, YumaParams


def main():
    given = json.load(sys.stdin)
    torch.set_num_threads(1)
    weights = torch.tensor([[weight or 0 for weight in row] for row in given["weights"]], dtype=torch.float32)
    stakes = torch.tensor(given["stakes"], dtype=torch.float32)
    bonds = torch.tensor(given["bonds"], dtype=torch.float32) / 65535
    config = YumaConfig(
        simulation=SimulationHyperparameters(kappa=given["kappaU16"] / 65535, bond_penalty=0),
        yuma_params=YumaParams(bond_moving_avg=given["bondsMovingAveragePpm"] / 1_000_000),
    )
    rows, columns = weights.shape

    def epoch():
        return Yuma3(
            weights,
            stakes,
            num_servers=columns,
            num_validators=rows,
            use_full_matrices=False,
            B_old=bonds,
            config=config,
        )

    for _ in range(5):
        epoch()
    least = float("inf")
    for _ in range(3):
        begun = time.process_time()
        for _ in range(given["repeats"]):
            result = epoch()
        least = min(least, 1000 * (time.process_time() - begun) / given["repeats"])
    try:
        version = metadata.version("yuma-simulation")
    except metadata.PackageNotFoundError:
        version = "source"
    json.dump(
        {
            "incentive": result["server_incentive"].tolist(),
            "dividends": result["validator_reward_normalized"].tolist(),
            "cpuMs": least,
            "version": version,
            "torch": torch.__version__,
        },
        sys.stdout,
    )


main()
