package text

// The desk of opinions (反馈意见) and of sealed clues (封存线索). Nothing here ever quotes one.
const (
	OpinionsNotYours = "意见箱只由防控办办理，您这里不能打开。"
	OpinionsNone     = "意见箱里现在没有意见。"
	OpinionsCount    = "共收到%d条意见，待答复%d条，其中超期%d条；采纳%d条，部分采纳%d条，不采纳%d条。内容只在页面上凭口令打开：%s"
	OpinionLink      = "打开意见箱"

	OpinionNoNotice = "未指明公示"
	OpinionPoint    = "第%d条 %s"
	OpinionDot      = " · "

	DeskNoKeys   = "意见箱的钥匙还没有备好：请信息员运行 qingfeng keys init，并把打印的备用钥匙回填一次。"
	DeskTooOften = "口令试得太多了，请过10分钟再试。"
	DeskWrong    = "口令不对，没有打开。请核对大小写和空格；两人保管的要填两位各自的口令。"
	DeskClosed   = "意见箱已合上（打开后15分钟自动合上），请重新输入口令。"
	DeskImage    = "这张图片打不开。"

	OpinionNone      = "没有这条意见。"
	OpinionChanged   = "刚才有人办过这条了，您这次没有生效，请看最新的再办。"
	OpinionCannot    = "这条意见现在不能这样办，请看它的状态。"
	OpinionLost      = "现有钥匙打不开这条意见，请用备用钥匙（qingfeng keys recover）。"
	OpinionLostBrief = "（这段打不开：封存密钥不对，请信息员核对 QINGFENG_SEAL_KEY）"
	OpinionGuarded   = "没有保存：里面像有姓名、号码或涉密内容。请去掉后再提交，写岗位和做法就可以。"
	OpinionTooLong   = "太长了，请写在%d字以内。"

	OpinionTriaged      = "已登记。"
	OpinionAccepted     = "已受理。"
	OpinionAssigned     = "已转科室，科室负责人只看得到您写的说明。"
	OpinionNoSeal       = "还没有设置封存密钥，不能转科室。请信息员设置 QINGFENG_SEAL_KEY。"
	OpinionNoSection    = "请选择要问的科室。"
	OpinionNoBrief      = "请用自己的话写清要科室答什么，不要粘贴意见原文。"
	OpinionNoHead       = "这个科室没有能收到消息的负责人，请换一个科室，或者当面征求。"
	OpinionNoReason     = "不采纳和部分采纳要写理由。"
	OpinionNoOutcome    = "请选采纳、部分采纳或不采纳。"
	OpinionNoAnswer     = "对方留了回执，请写答复内容。"
	OpinionAnswerReason = "理由：%s\n%s"
	OpinionAnswered     = "已答复，只有持回执的人看得到。"
	OpinionRecorded     = "已记下办理结果（这条没有回执，不发答复）。"
	OpinionClosed       = "已办结。"
	OpinionMerged       = "已并入 %s，两张回执各自有效，答复时一并送到。"
	OpinionMergedFirst  = "并入的那条还没答复，请先答复那一条。"
	OpinionNoTarget     = "请选同一公示里一条还没答复的意见。"
	OpinionLinked       = "已关联修订。"
	OpinionNoRevision   = "请选这条风险点的一次修订；还没有修订的，先去提出修订。"
	OpinionAway         = "已转纪检监察机构封存，这里不再保留内容。"
	OpinionAwayClosed   = "回避要先打开意见箱：内容须当场改用纪检监察机构的钥匙封存。"
	OpinionAwayNoDoor   = "纪检监察机构还没有备好钥匙，不能在线转交。请当面报告纪检监察机构，由他们备好钥匙（qingfeng keys init --for discipline）后再转。"
	OpinionFromOffice   = "（防控办转来：%s）\n%s"

	OpinionViewTitle    = "请科室提意见"
	OpinionViewBody     = "有一件公示反馈要听您科室的意见，请在页面上看说明并填写。"
	OpinionViewLink     = "去填写"
	OpinionViewedTitle  = "科室意见已填好"
	OpinionViewedBody   = "有科室填好了对公示反馈的意见，请打开意见箱查看。"
	OpinionViewNotYours = "这件没有转给您的科室，请向防控办核实。"
	OpinionViewOver     = "防控办已经答复，不用再填了。"
	OpinionViewEmpty    = "请写科室的意见。"
	OpinionViewKept     = "已交防控办，谢谢。答复前可以再改。"
	OpinionNoSuchNotice = "请选一份公示过的公示，或者选“未指明公示”。"
	OpinionNoPoint      = "这份公示里没有这一条，请核对序号，不清楚就留空。"
	OpinionNoKind       = "请选建议、更正、表扬或其他。"
	OpinionNoChannel    = "请选电话、来访、意见箱或座谈。"
	OpinionBadDay       = "请填收到的日期，不晚于今天，不早于%d天前。"
	OpinionEmpty        = "请写意见的内容。"
	OpinionReport       = "没有保存：这像是反映某个人的问题，不归公示意见办。请告诉对方可打12388，或找纪检监察机构当面反映，也可用公示页上的封存通道。"
	OpinionEntered      = "已封存登记。"

	OpinionsTitleNew = "收到了公示意见"
	OpinionsTitleDue = "有公示意见要答复了"
	OpinionsLate     = "已过承诺期限：%d条，请今天先答复，或在答复里说明原因。"
	OpinionsToday    = "今天到期：%d条。"
	OpinionsSoon     = "2个工作日内到期：%d条。"
	OpinionsNew      = "待登记：%s。"
	OpinionsOfNotice = "《%s》%d条"

	TipsTitle    = "有封存线索"
	TipsArrived  = "请在方便时按保管规定打开。"
	TipsLink     = "打开封存线索"
	TipsNotYours = "封存线索只由纪检监察机构打开。"
	TipNone      = "没有这条线索，或者您已回避。"
	TipCannot    = "这条线索现在不能这样办，请看它的状态。"
	TipSeen      = "已标记看过。"
	TipAside     = "已记下您回避这条，以后不再显示给您。"
	TipLastOne   = "现在没有别人能看这条，不能回避。请先请单位补充纪检监察人员，或报上级。"
	TipNoReceipt = "这条没有回执，不能答复。"

	WordsOpinions = "意见|意见箱|意见箱情况|意见情况|反馈意见|公示意见|群众意见|有没有意见"

	WebOpinions    = "意见箱"
	WebOpinionNew  = "登记意见"
	WebOpinionView = "科室意见"
	WebTips        = "封存线索"
)

// OpinionKind is what an opinion says it is.
func OpinionKind(kind string) string {
	return map[string]string{"suggestion": "建议", "correction": "更正", "praise": "表扬", "other": "其他"}[kind]
}

// OpinionChannel is how it came.
func OpinionChannel(channel string) string {
	return map[string]string{"web": "公示页", "phone": "电话", "visit": "来访", "box": "意见箱", "meeting": "座谈"}[channel]
}

// OpinionState is where it stands.
func OpinionState(state string) string {
	return map[string]string{
		"received": "已收到", "triaged": "已登记", "accepted": "已受理", "answering": "承办中", "answered": "已答复", "closed": "已办结",
		"not_in_scope": "不属本公示", "moved": "已转纪检", "merged": "已并案", "purged": "内容已按期删除",
	}[state]
}

// OpinionOutcome is what came of it.
func OpinionOutcome(outcome string) string {
	return map[string]string{"adopted": "采纳", "partly": "部分采纳", "not": "不采纳"}[outcome]
}

// TipState is where a sealed clue stands.
func TipState(state string) string {
	return map[string]string{"received": "未看", "seen": "已看", "answered": "已答复", "closed": "已办结", "purged": "内容已按期删除"}[state]
}
