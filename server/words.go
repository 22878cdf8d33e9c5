package main

// Names of the demonstration; an installation sets its own by ORG_NAME and HOTLINE.
const (
	orgName = "曲靖市退役军人关爱基金会"
	hotline = "0874-3100000"
)
