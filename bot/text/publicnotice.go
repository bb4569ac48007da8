package text

// Public notices (公示): drafting, checking, opening and ending.
const (
	WordsPublicNew   = "发公示|新建公示|做公示|拟公示|发布公示|发起公示|出公示"
	WordsPublic      = "公示|看公示|正在公示|公示在哪|公示在哪里|公示在哪看|公示栏|有什么公示|现在公示什么"
	WordsPublicStand = "公示情况|公示进度|公示进展|公示怎么样了"

	PubStage          = "公示" // in the name of a campaign's stage
	PubTitle          = "%d年廉政风险点公示"
	PubOfficeOnly     = "公示由防控办拟写和发布。有事请联系防控办，回“找人”看联系人。"
	PubCheckerOnly    = "公示由单位领导、领导小组组长、分管领导、纪检组或者另一位防控办人员审核。"
	PubOwnDraft       = "这份公示是您拟的，要由另一个人审核。"
	PubNotShown       = "这份公示还没有开始，只有防控办和审核人能看。"
	PubStands         = "现在是“%s”，不能这样办。请打开看看最新情况。"
	PubChanged        = "这份公示刚才有人改过，您这一步没有生效。请打开最新的再办。"
	PubNoCampaign     = "还没有开展过排查工作，没有可以公示的风险点。"
	PubRolled         = "%s不上班，起始日已顺延到%s。"
	PubNoHolidays     = "%d年的放假安排还没有导入，目前只按周末算工作日，请留意。"
	PubTitleAgain     = "公示名称请写4到%d个字。"
	PubAudienceAgain  = "请选向谁公示。"
	PubDaysAgain      = "公示天数请填1到%d个工作日。"
	PubPromiseAgain   = "答复期限请填1到%d个工作日。"
	PubStartAgain     = "请选公示起始日。"
	PubStartPast      = "起始日已经过了，请选今天或以后的工作日。"
	PubStartFar       = "起始日太远了，请选一年以内的日子。"
	PubStartGone      = "起始日（%s）已经过了，公示天数会不够。请改起始日后再送审。"
	PubChangeAgain    = "请写明这次更正了什么，%d字以内，公示页上会写出来。"
	PubCorrectLate    = "这份公示的期限已经过了。请延长天数，或者另发一份公示。"
	PubNoChecker      = "找不到能审核的人。请选单位领导、分管领导、纪检组或者另一位防控办人员。"
	PubProblems       = "还不能送审，请先改好："
	PubSent           = "已送%s审核。送审后的内容不能再改；要改请先取回。"
	PubTakenBack      = "已取回，可以接着改。"
	PubKeys           = "意见箱的钥匙还没备好，公示不能开始。请信息员在服务器上运行 qingfeng keys init --for office，打印恢复钥匙，再运行 qingfeng keys recover --for office --check 输回来核对。"
	PubWaits          = "“%s”到了起始日，还没有开始。"
	PubMoved          = "送审以后有风险点修订过，这份公示已经不是最新内容。请退回，重新送审。"
	PubNothingOpen    = "要更正的那份公示已经不在公示期，不能再更正。请另发一份公示。"
	PubApproved       = "“%s”审核通过，%s开始公示。"
	PubApprovedOpen   = "“%s”审核通过，已经开始公示，到%s（含当天）。"
	PubWhyAgain       = "请写明退回的原因，2到%d个字。"
	PubReturned       = "已退回，原因写在公示页面上，拟稿人已收到通知。"
	PubReturnedTo     = "“%s”被退回修改，原因请到页面上看："
	PubWithdrawWhy    = "请写明撤回的原因，4到%d个字，公示页上会写出来。"
	PubImagesOn       = "群众现在可以附一张照片。照片里的拍摄信息会去掉，画面里的东西去不掉。"
	PubImagesOff      = "群众现在不能附照片，只收文字。"
	PubImagesNotYours = "收不收照片由防控办定。"
	PubWithdrawn      = "已撤回。公示页只写明已撤回和原因，不再显示内容；贴出去的纸请尽快取下。"
	PubCorrecting     = "已开始更正。改好后送审，审核通过马上替换，原来那份仍能看到，并写明已更正。"
	PubCorrectBegun   = "这份公示已经有一份更正在办，请接着办那一份。"
	PubHolderClosed   = "单位没有决定公示姓名。"
	PubChosenClosed   = "这次没有选。"

	PubCardTitle     = "有一份公示请您审核"
	PubCardAgain     = "有一份公示更正请您审核"
	PubCardBody      = "请打开看全文再决定。审核通过后内容不能改，只能更正或撤回。"
	PubFactAudience  = "公示范围"
	PubFactDays      = "起止"
	PubFactPoints    = "风险点"
	PubPeriod        = "%s至%s，%d个工作日"
	PubCount         = "%d个"
	PubSee           = "打开看"
	PubApprove       = "同意公示"
	PubReturn        = "退回"
	PubCardChanged   = "内容改过，请等新的送审"
	PubCardTaken     = "拟稿人已取回"
	PubCardApproved  = "已审核通过"
	PubCardReturned  = "已退回"
	PubCardWithdrawn = "已撤回"
	PubWhyTitle      = "为什么退回？"
	PubWhyBody       = "请用一句话说明要改什么。不要写姓名和具体的人做过的事。"
	PubWhyCancelled  = "好的，没有退回。"

	PubUnchecked = "“%s”定在%s开始，还没有审核。请催一下，或者改起始日：%s"
	PubOpened    = "“%s”开始公示（%s），到%s（含当天）。请张贴海报、摆放桌牌，贴好后拍照上传：%s"
	PubFilings   = "同时请按期报送：%s。"
	PubFiling    = "%s（%s前）"
	PubCorrected = "“%s”的更正（第%d版）已开始公示。贴出去的海报请换成新的：%s"
	PubBare      = "“%s”公示已经两个工作日，还没有张贴照片或网址。请贴好后拍照上传：%s"
	PubTotals    = "收到意见%d条：采纳%d，部分采纳%d，不采纳%d，转其他渠道%d"
	PubEnded     = "“%s”公示期满。%s，都已答复。请下载《公示情况说明》，盖章存档：%s"
	PubEndedOpen = "“%s”公示期满。%s，还有%d条没有答复。请按期答复；《公示情况说明》现在也能下载：%s"
	PubAnswered  = "“%s”的意见都已答复。%s。请下载最后的《公示情况说明》，盖章存档：%s"

	PubNoneOpen = "现在没有正在公示的内容。"
	PubOpenNow  = "正在公示："
	PubOpenLine = "“%s”（%s，%s至%s）：%s"
	PubOpenHow  = "有意见请在公示页上提，不用登录，也不记是谁；不要发在这里。"
	PubNewPage  = "请在页面上拟公示：%s"
	PubNothing  = "还没有公示。回“发公示”就能开始拟。"
	PubAll      = "全部公示：%s"
	PubLine     = "“%s”：%s"
	PubLineSoon = "“%s”：审核通过，%s开始"
	PubLineOpen = "“%s”：公示第%d天，共%d个工作日；收到意见%d条，未答复%d条"
	PubLineOver = "“%s”：%s期满；收到意见%d条，未答复%d条"

	PubPlaceAgain   = "请写明张贴或摆放在哪里，%d字以内。"
	PubAddressAgain = "网址请写全，例如 https://www.example.gov.cn/gs/1.html。"
	PubPlaceDay     = "日期请选公示期间的、今天或以前的日子。"
	PubPlacePhoto   = "请附一张张贴好的照片。"
	PubPlaceMany    = "已经够多了，不能再加。"
	PubPlaced       = "已记下。照片已去掉拍摄时间、地点等信息。"
	PubNoFont       = "服务器上没有中文字体，做不了可打印的文件。请信息员安装一款中文字体（例如 fonts-noto-cjk）后重启。"
	PhotoLarge      = "照片太大了。请用手机拍的普通照片（10MB以内）。"
	PhotoUnread     = "这张图读不出来。请上传 JPG 或 PNG 照片。"

	OpenWhatAgain = "请选公开什么、向谁公开。"
	OpenDaysAgain = "请写明从哪天起公开；截止日不能早于起始日。"
	OpenAdded     = "已记下。"

	WebPublicNotices = "公示"
	WebPublicNotice  = "一份公示"
	WebOpenness      = "五个公开"
	WebRevise        = "修订风险点"
	WebRevisions     = "已审定的风险点"
	PubSaved         = "已保存。"
)

// The two doors in chat: neither opinions nor reports are taken where everybody is known.
const (
	WordsReportDoor  = "匿名举报|实名举报|我要匿名举报|我要实名举报|我想举报|我想投诉|我想反映问题|我要反映问题|反映情况|我要反映情况|举报信|举报信箱|举报电话|举报箱|信访举报|检举|控告"
	WordsReportLead  = "我要举报|我想举报|我要投诉|我想投诉|我要检举|我要控告|我要揭发|我想检举|我要反映|我想反映|匿名举报|实名举报|我来举报|我准备举报|我打算举报"
	WordsOpinionDoor = "提意见|我要提意见|我想提意见|提个意见|提点意见|我有意见|有意见|提建议|我要提建议|我想提建议|提个建议|我有建议|我要反馈|我想反馈|意见反馈|反馈意见|反馈|意见箱|意见簿|我要反馈意见|对公示提意见|对公示有意见|公示提意见|给公示提意见|在哪提意见|在哪里提意见|去哪提意见|去哪里提意见|怎么提意见|如何提意见|意见怎么提|匿名提意见|公示意见"
	WordsNoticeNamed = "公示|张榜|上墙"
	WordsOnlyAsks    = "想问|请问|问一下|问下|咨询|了解一下|想了解|想知道"
	OpinionWants     = `(?:我|我们|咱|咱们|本人|大家)[^，,。;；!！?？]{0,4}(?:想|要|来|有|得|能)[^。;；!！?？]{0,16}(?:提|反馈|反映)(?:个|点|条|些|一个|一点|一条|一些|几个|几点|几条|两点|两条|一下|下)?[^。;；!！?？]{0,6}(?:意见|建议|看法|想法|异议)`
	OpinionAbout     = `(?:对|关于|就|给)[^。;；!！?？]{0,8}公示[^。;；!！?？]{0,14}(?:有|提|反馈)(?:个|点|条|些|一个|一点|一条|几点|几条|不同)?(?:意见|建议|看法|异议)`

	DoorOpinion    = "谢谢您愿意提意见。企业微信里看得到您是谁，所以这里不收意见，您的话我也没有保存。"
	DoorStillThere = "您自己的聊天记录里还有刚才那句话，介意的话请撤回或删除。"
	DoorPage       = "请到公示页上提，不用登录，不记是谁，凭回执看答复。“%s”：%s"
	DoorOther      = "不方便上网的，可以用：%s。"
	DoorPhone      = "电话 %s"
	DoorBox        = "意见箱（%s）"
	DoorAddress    = "当面（%s）"
	DoorNoNotice   = "现在没有正在公示的内容。别的建议请找防控办：%s。"
	DoorPerson     = "要反映具体的人的问题，请拨打12388，或者找纪检监察机构，不要写在这里，也不要写在公示页上。"
	DoorDiscipline = "驻本单位纪检监察联系方式：%s"
)

// Revisions of confirmed risk points.
const (
	RevNotYours      = "修订由防控办或者这个股室的负责人提出，由分管领导、主要领导或者领导小组组长批准。"
	RevApproverOnly  = "修订由分管领导、主要领导或者领导小组组长批准。"
	RevOwn           = "这次修订是您提出的，要由另一个人批准。"
	RevChanged       = "这个风险点刚才改过，您这一步没有生效。请打开最新的再办。"
	RevTwice         = "这个风险点已经有一次修订在等批准，请先办完那一次。"
	RevDecided       = "这次修订已经有人办过了。"
	RevNobody        = "找不到能批准的人。请先在花名册里设好分管领导或者主要领导。"
	RevTitleAgain    = "风险点名称请写1到%d个字。"
	RevShapesAgain   = "表现形式请写1到%d条，每条%d字以内。"
	RevChoiceAgain   = "请选风险类别和等级。"
	RevMeasuresAgain = "防控措施最多%d条，每一栏%d字以内，做法不能空着。"
	RevLacks         = "至少要有一条写明佐证材料的防控措施。"
	RevSame          = "和现在的内容一样，没有要改的。"
	RevWhyAgain      = "请写明为什么改，4到%d个字，不写姓名。"
	RevMeetingAgain  = "改等级要经过会议。请写明哪个会议、哪天开的（今天或以前）。"
	RevMeeting       = "%s，%s"
	RevSent          = "已送%s批准。批准前，风险点还是原来的内容。"
	RevCardTitle     = "有一处风险点修订请您批准"
	RevCardBody      = "修改前后的内容请打开看，这里不显示。"
	RevCardDone      = "已办理"
	RevFactVersion   = "版本"
	RevFactLevel     = "等级"
	RevVersion       = "第%d版"
	RevLevelSame     = "不变"
	RevLevelNew      = "有调整，附会议决定"
	RevApprove       = "同意修订"
	RevReject        = "不同意"
	RevApproved      = "%s %s的一处风险点修订已批准，现在是第%d版。"
	RevRejected      = "%s %s的一处风险点修订没有批准，内容不变。"
	RevCorrect       = "%s %s的一处风险点已修订，正在公示的“%s”还是旧内容。要更正请打开：%s"
	RevTitle         = "风险点：%s"
	RevShape         = "表现形式：%s"
	RevKind          = "类别：%s；等级：%s"
	RevMeasure       = "防控措施：%s"
	RevPart          = "；"
	RevWho           = "责任人：%s"
	RevOften         = "频次：%s"
	RevProof         = "佐证材料：%s"
	RevNotDone       = "未落实判定：%s"
)

// PubState names where a notice stands.
func PubState(s string) string {
	return map[string]string{
		"draft": "草稿", "checking": "待审核", "returned": "已退回", "approved": "待开始", "open": "公示中", "ended": "已期满", "corrected": "已更正", "withdrawn": "已撤回",
	}[s]
}

// PubAudience names who reads a notice.
func PubAudience(a string) string {
	return map[string]string{"internal": "单位内部", "office": "办公场所", "window": "服务窗口", "website": "网站"}[a]
}

// PubPlaceKind names where a notice is placed.
func PubPlaceKind(k string) string {
	return map[string]string{"board": "公示栏", "window": "服务窗口", "desk": "岗位桌牌", "web": "网站", "other": "其他地方"}[k]
}

// PubWhat names one of the five openings.
func PubWhat(w string) string {
	return map[string]string{"power": "权力公开", "duty": "责任公开", "process": "流程公开", "institution": "制度公开", "risk": "风险公开"}[w]
}
