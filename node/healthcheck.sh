#!/bin/bash
# Succeeds if the node responds over RPC. Usage: healthcheck [PORT]
exec 3<> "/dev/tcp/127.0.0.1/${1:-9944}" || exit 1
printf 'GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n' >&3
read -r -t 5 answer <&3
[[ $answer == "HTTP/1.1 200 "* ]]
