package text

// The pages of the knowledge base: documents, clauses, questions.

// What the pages are called.
const (
	WebNavAsk       = "问规定"
	WebNavLibrary   = "文件库"
	WebNavQuestions = "没答上的问题"
	WebUploading    = "收文件"
	WebClause       = "条款原文"
)

// The list of documents.
const (
	LibraryMain     = "主库"
	LibraryKeepers  = "文件库由防控办管理；纪检组只管理自己的文件。要补充或更正文件，请联系防控办。"
	LibraryAll      = "全部"
	LibraryInForce  = "现行"
	LibraryFuture   = "未施行"
	LibraryRevised  = "已修订"
	LibraryRepealed = "已废止"
	LibraryGone     = "已撤下"
	LibraryWaiting  = "待复核"
	LibraryLapsed   = "修订废止"

	LibraryForPublic = "公开"
	LibraryForUnit   = "全单位"

	LibraryFrom    = "%s起施行"
	LibraryUntil   = "%s起失效"
	LibrarySince   = "施行日期未写明"
	LibraryRepairs = "副本有损坏，修复了%s处"
)

// RoleNames are the roles that documents may be kept for: code, name.
func RoleNames() [][2]string {
	return [][2]string{
		{"section_head", "科室负责人"},
		{"leader_in_charge", "分管领导"},
		{"principal_leader", "主要领导"},
		{"group_chair", "领导小组组长"},
		{"office_director", "防控办主任"},
		{"office_member", "防控办成员"},
		{"discipline_group", "纪检组"},
		{"discipline_authority", "上级纪检监察机关"},
	}
}

// Uploading files.
const (
	LibraryNoFile    = "请先选文件。"
	LibraryManyFiles = "一次最多传%d份，这次有%d份。请分几次传，或由管理员用 qingfeng ingest 导入。"
	LibraryTooLarge  = "一次传的文件合起来不能超过%dMB。请分几次传，或拆开后再传。"
	LibraryOneOnly   = "标题和文号只能用于单个文件，这次有%d份。请分开传，或把这两栏留空。"
	LibraryNobody    = "请选清楚谁能看：选了“指定股室”或“指定角色”，至少勾一个。"
	LibraryBadDate   = "日期不对，请用日期框选，或写成 2025-01-01 这样。"
	LibraryDates     = "失效日期应在施行日期之后，请核对。"
	LibraryBadName   = "文件库名称请用2到20个字，不能叫这个名字。"
	LibraryNoTitle   = "请写标题。"
	LibraryTooLong   = "标题、发文机关、文号和版本叫法各限200个字。"
	LibraryStopped   = "读到这里停下了：已读完的都已入库，没有读的请再传一次（传过的不会重复）。"
	LibraryNotRead   = "系统忙，这份和后面的都没有读。请过一会儿再传一次（传过的不会重复）。"
	LibraryWider     = "库里同名文件的可见范围比这次选的宽，所以先放在待复核，没有人能查到。请核对谁能看再通过。"
)

// One version.
const (
	LibraryDescribed = "已保存。"
	LibraryChanged   = "这份文件刚被别人改过，这次没有保存。请对照现在的内容再改。"
	LibraryAccepted  = "已通过，从现在起可以查到。"
	LibraryWithdrawn = "已撤下。从现在起没有人能查到这一版，依据它的答案已作废。"
	LibraryRevived   = "它替换过的上一版恢复有效，请核对日期。"
	LibraryRestored  = "已恢复，从现在起可以查到。"
	LibraryRestored2 = "已恢复，但还在待复核，通过以后才能查到。"
	LibraryAlready   = "它已经是这样了，没有改动。"
	LibraryNoSuch    = "没有这个文件库，请刷新后再试。"
	LibraryAgree     = "打开以前，请先勾选“我知道哪些文字会发到单位以外”。"
	LibraryOn        = "“%s”已允许发给外部模型。"
	LibraryOff       = "“%s”已停止发给外部模型。"
	LibraryQuestion  = "大家提的问题"
)

// LibraryFlag names what a person should look at in a document.
func LibraryFlag(code string) string {
	switch code {
	case "instruction":
		return "像是写给机器的话"
	case "hidden":
		return "看不见的文字，已去掉"
	case "lapsed":
		return "写着已废止，但没有日期，请补上失效日期"
	case "year":
		return "只知道年份，施行日期是推测的，请核对"
	}
	return ""
}

// A clause.
const (
	ClauseGone    = "这一条看不到了"
	ClauseGoneHow = "它可能已经撤下，或不在您的阅读范围内。可以在“问规定”里再问一次，或请教防控办。"
	ClausePage    = "第%d页"
)

// The question page.
const (
	AskPageNothing   = "请先写下想问的事。"
	AskPageTooLong   = "问题请控制在%d个字以内，说最想知道的一点就行。"
	AskPageNone      = "没有找到能回答这个问题的规定，不敢乱说。问题已记下，转给防控办补充；着急的话请直接问防控办。"
	AskPageRelated   = "没有找到直接规定，下面几条可能相关，仅供参考："
	AskPageGone      = "这条回答依据的文件已撤下、已改动或您看不到了，原来的答案不再显示。"
	AskPageSecrecy   = "没有保存，也没有查。涉密和内部标注的内容不能写在这里，请走单位的涉密渠道，或当面找保密员。"
	AskPagePII       = "没有保存，也没有查。请不要写身份证号、手机号、银行卡号、车牌号，去掉号码再问一遍就行。"
	AskPagePerson    = "没有保存，也没有查。这里不受理反映具体人的问题：可拨打12388，或当面向驻本单位纪检监察组反映，他们会保密。"
	AskPageOwn       = "没有保存，也没有查。收到不便退还的礼品礼金，应当及时登记上交；可以主动向组织说明，越早越好。具体办理请当面找纪检监察组。"
	AskPageLapsed    = "%s起已失效，仅供对照"
	AskPageThanks    = "谢谢，记下了。"
	AskPageImprove   = "谢谢，已转给防控办改进。"
	AskPageBroken    = "系统忙，这个问题还没有答上。问题已记下，答好后会在企业微信里告诉您，也可以过一会儿再问。"
	AskPageQuestions = "没有这组问题了，可能刚有人处理过。"
)

// AskPageStops says why a question was neither kept nor looked for; rule is of
// risk.Guard, or "complaint".
func AskPageStops(rule string) string {
	switch rule {
	case "secrecy":
		return AskPageSecrecy
	case "person", "complaint":
		return AskPagePerson
	case "own":
		return AskPageOwn
	}
	return AskPagePII
}

// AskReasons are why an answer was no use: code, words.
func AskReasons() [][2]string {
	return [][2]string{{"off", TalkWhyOff}, {"old", TalkWhyOld}, {"hard", TalkWhyHard}, {"other", TalkWhyOther}}
}
