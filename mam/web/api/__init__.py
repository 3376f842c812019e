"""The JSON calls of the contract: each handler reads its input, calls one service, answers its dict."""
