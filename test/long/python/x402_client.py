"""The x402 package of PyPI, unmodified, buys calls. Orders come as JSON on stdin, one JSON object a call goes to stdout.

An order: {transport "httpx" | "requests", scheme "exact" | "batch-settlement", privateKey, rpcUrl, network, asset, url, body, calls}.
"""

import asyncio
import json
import sys
import time

import requests
from eth_account import Account
from x402 import x402Client, x402ClientSync
from x402.http.clients import wrapHttpxWithPayment, wrapRequestsWithPayment
from x402.mechanisms.evm import EthAccountSignerWithRPC
from x402.mechanisms.evm.batch_settlement.client import BatchSettlementEvmScheme
from x402.mechanisms.evm.exact import ExactEvmScheme

SCHEMES = {"exact": ExactEvmScheme, "batch-settlement": BatchSettlementEvmScheme}
HEADERS = {"content-type": "application/json"}
TIMEOUT_SECONDS = 60


def paying(client, order):
    """The one thing the package does not know: a token that it does not list."""
    signer = EthAccountSignerWithRPC(Account.from_key(order["privateKey"]), rpc_url=order["rpcUrl"])
    client.register("eip155:*", SCHEMES[order["scheme"]](signer))
    entry = {"network": order["network"], "asset": order["asset"], "max_amount_per_payment": "100000"}
    client.set_spend_controls({"allowed_assets": [entry]})
    return client


def report(started, status=0, headers=None, text="", error=None):
    answer = {
        "status": status,
        "receipt": (headers or {}).get("payment-response"),
        "text": text,
        "error": error,
        "ms": round((time.monotonic() - started) * 1000),
    }
    print(json.dumps(answer), flush=True)


async def with_httpx(order):
    async with wrapHttpxWithPayment(paying(x402Client(), order), timeout=TIMEOUT_SECONDS) as http:
        for _ in range(order["calls"]):
            started = time.monotonic()
            try:
                answer = await http.post(order["url"], content=order["body"], headers=HEADERS)
                report(started, answer.status_code, answer.headers, answer.text)
            except Exception as error:  # whatever the package raises is what its user sees
                report(started, error=f"{type(error).__name__}: {error}")


def with_requests(order):
    http = wrapRequestsWithPayment(requests.Session(), paying(x402ClientSync(), order))
    for _ in range(order["calls"]):
        started = time.monotonic()
        try:
            answer = http.post(order["url"], data=order["body"], headers=HEADERS, timeout=TIMEOUT_SECONDS)
            report(started, answer.status_code, answer.headers, answer.text)
        except Exception as error:
            report(started, error=f"{type(error).__name__}: {error}")


for line in sys.stdin:
    order = json.loads(line)
    if order["transport"] == "httpx":
        asyncio.run(with_httpx(order))
    else:
        with_requests(order)
