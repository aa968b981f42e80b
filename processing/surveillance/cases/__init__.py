"""What a change means for the inspector: licences, alerts, watches, cases, dossiers."""
