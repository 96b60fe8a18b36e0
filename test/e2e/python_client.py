"""The stock OpenAI client of Python against a gateway; prints one JSON object. Base URL and key come from its usual variables."""

import json

from openai import NotFoundError, OpenAI

client = OpenAI(max_retries=0, timeout=60)
messages = [{"role": "user", "content": "What is a validator?"}]
result = {}

result["models"] = len(client.models.list().data) > 0

answer = client.chat.completions.create(model="default", messages=messages, max_tokens=24)
result["chat"] = len(answer.choices[0].message.content) > 0 and answer.usage.completion_tokens > 0

text = ""
usage = None
stream = client.chat.completions.create(
    model="default", messages=messages, max_tokens=24, stream=True, stream_options={"include_usage": True}
)
for chunk in stream:
    if chunk.choices and chunk.choices[0].delta.content:
        text += chunk.choices[0].delta.content
    usage = chunk.usage or usage
result["stream"] = len(text) > 0
result["usage"] = usage is not None and usage.completion_tokens > 0

try:
    client.chat.completions.create(model="gpt-none", messages=messages)
    result["unknownModel"] = None
except NotFoundError as error:
    result["unknownModel"] = error.code

stream = client.chat.completions.create(model="default", messages=messages, max_tokens=400, stream=True)
next(iter(stream))
stream.close()
result["aborted"] = True
result["afterAbort"] = len(client.chat.completions.create(model="default", messages=messages, max_tokens=8).choices) == 1

print(json.dumps(result))
