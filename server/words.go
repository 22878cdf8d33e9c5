package main

// Names of the demonstration; an installation sets its own by ORG_NAME, ORG_CREDIT, HOTLINE, BANK_NAME and BANK_ACCOUNT.
const (
	orgName   = "曲靖市退役军人关爱基金会"
	orgCredit = "53530300MJ0A000173"
	hotline   = "0874-3100000"
	bankName  = "中国工商银行曲靖麒麟支行"
	account   = "2505030109200000018"

	sealWords    = "财务专用章"
	campaignOpen = "募捐中"
	generalUse   = "非限定捐赠"
)
