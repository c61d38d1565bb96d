#!/bin/sh
: "${PERDURE_ADDRESS:=http://localhost:8787}"

# Start a transfer that waits for an approval
curl -s "$PERDURE_ADDRESS"/api/v1/namespaces/default/workflows/transfer-1 -H 'content-type: application/json' -d '{
  "workflowType": {"name": "approvedTransfer"}, "taskQueue": {"name": "money-transfer"},
  "input": [{"amount": 400, "sourceAccount": "acct-alice", "targetAccount": "acct-bob", "referenceId": "ref-1"}]}'

# Ask how far it is
curl -s -X POST "$PERDURE_ADDRESS"/api/v1/namespaces/default/workflows/transfer-1/query/getProgress

# Approve it
curl -s "$PERDURE_ADDRESS"/api/v1/namespaces/default/workflows/transfer-1/signal/approve -H 'content-type: application/json' -d '{"input": ["Carol"]}'

# Its result, waiting up to 20 s for it
curl -s "$PERDURE_ADDRESS/api/v1/namespaces/default/workflows/transfer-1/result?waitMs=20000&pretty"

# Its history
curl -s "$PERDURE_ADDRESS/api/v1/namespaces/default/workflows/transfer-1/history?pretty"
