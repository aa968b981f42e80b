"""An NGSI-LD context broker in memory, after ETSI GS CIM 009 V1.8.1: what our publisher is tested against."""
