"""Forms of a layer as files: each module writes one, part by part, so that memory stays bounded."""
