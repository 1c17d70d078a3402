"""GraphQL over WebSocket, in the protocol ``graphql-transport-ws``; a socket never outlives what opened it."""
