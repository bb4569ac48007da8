package text

// Opening and closing a campaign (排查工作).
const (
	CampaignNotYours     = "只有防控办可以新建排查工作。需要的话请联系防控办，回“找人”看联系人。"
	CampaignOpenAlready  = "“%s”还在进行（%s截止），结束后才能再开。"
	CampaignPackTitle    = "新建排查工作：用哪套规则？"
	CampaignPackBody     = "规则决定类别、等级、审核顺序和措施什么时候填。"
	CampaignNameAsk      = "这次叫什么？直接回名称；回“好”就叫“%d年度岗位廉政风险排查”。"
	CampaignDefaultName  = "%d年度岗位廉政风险排查"
	CampaignDueAsk       = "哪天截止？例如：10月16日、两周后。"
	CampaignDueAgain     = "没看明白日期。请像这样写：10月16日，或 2026-10-16。"
	CampaignDuePast      = "这一天已经过了，请换一个以后的日期。"
	CampaignConfirmTitle = "开始“%s”？"
	CampaignConfirmBody  = "花名册里现有%d个岗位在岗，其中%d个线下填报。开始后会给每个人发一张卡片。"
	CampaignGo           = "开始"
	CampaignDrop         = "先不开"
	CampaignOpened       = "已开始，通知了%d人。回“进度”随时看填报情况。"
	CampaignDropped      = "好的，没有开始。"
	CampaignNoPack       = "没有这套规则。可选：county（县级部门）、bureau（执法局）、college（院校）。"
	CampaignClosedCard   = "本次工作已结束"
	DayForm              = `^(?:(\d{4})[-/年.])?(\d{1,2})[-/月.](\d{1,2})[日号]?(?:前|之前|截止)?$`
	DaysLater            = "天后"
	WeeksLater           = "周后"
	WeeksLaterLong       = "个星期后"
	TwoSpoken            = "两"
	TwoWritten           = "二"
)

// People on paper (代填).
const (
	PaperTitle     = "请核对代填的自查表"
	PaperBody      = "防控办已按您的纸质表录入，共%d条。请点“看全表”核对。"
	PaperYes       = "没问题"
	PaperNo        = "有出入"
	PaperChanged   = "录入的内容刚改过，请看新的一张卡片再确认。"
	PaperWrongSaid = "好的，请告诉%s哪里要改，改好后会再请您核对。"
	PaperWrongTask = "%s反映代填的自查表有出入，请当面核对后修改。"
	PaperNotDraft  = "这张表已经提交或在审核，不能改成代填。"
	PaperNotMarked = "这张表不是代填的，不能用扫描件提交。"
)
