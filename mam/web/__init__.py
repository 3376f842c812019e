"""The portal and API: translates HTTP into calls of the services and back; decides nothing itself."""
