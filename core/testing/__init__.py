"""The test kit: a running platform, fresh cities, and the contract every module keeps."""
