"""Purges by Fastly's own client. Arguments: the API's address, then `key NAME`, `soft NAME`, `keys NAME NAME …`, or `all`."""

import sys

import fastly
from fastly.api import purge_api

host, command, *names = sys.argv[1:]
service = "SU1Z0isxPaozGVKXdv0eY"
configuration = fastly.Configuration(host=host)
configuration.api_token = "token-of-the-story"

with fastly.ApiClient(configuration) as client:
    purge = purge_api.PurgeApi(client)
    if command == "key":
        answer = purge.purge_tag(service_id=service, surrogate_key=names[0])
    elif command == "soft":
        answer = purge.purge_tag(service_id=service, surrogate_key=names[0], fastly_soft_purge=1)
    elif command == "keys":
        answer = purge.bulk_purge_tag(service_id=service, surrogate_key=" ".join(names))
    else:
        answer = purge.purge_all(service_id=service)
print(answer)
