package text

// Sentences of the leading group's grading and of the office's overview.
const (
	GradingReady      = "自查表已全部过审，可以开定级会了：共%d条。"
	GradingCounts     = "待定级%d条：%s；请先看的%d条已排在前面。"
	GradingBehind     = "另有%d份还没审到这一步。"
	GradingHow        = "会后把结果发我就行，如：除第3条调一级外全部通过。"
	GradingWait       = "现在没有可定级的条目，还有%d份在审。"
	GradingNotYou     = "定级由防控办按领导小组会议结果登记。"
	GradingNoRow      = "没有待定级的第%d条，请对照列表再说一遍。"
	GradingMoved      = "列表刚有变化，请按新的核对一遍。"
	GradingNone       = "没有可定级的条目。"
	GradingNoCampaign = "现在没有进行中的排查工作。"
	GradingNeedsWhy   = "第%s条低于初评，请用一句话写明理由（会记入会议记录）。"
	GradingLacks      = "第%s条还没有对应到环节，或没有能考核的措施，不能审定。请先退回补上，例如：第%d条退回，其余通过。"
	GradingTitle      = "请核对定级结果"
	GradingYes        = "确认"
	GradingEdit       = "修改"
	GradingSee        = "看列表"
	GradingCancelled  = "好的，没有登记。需要时再把结果发我。"
	GradingApplied    = "定级已登记。"
	GradingDone       = "已登记：定级%d条，审定%d份。会议记录和审定表在这里下载，签字后归档：%s"
	GradingOwner      = "您的自查表已审定：%s。全表：%s"
	GradingOwnerZero  = "您的无风险点说明已确认。全表：%s"
	GradingBack       = "领导小组请您再改一改"
	GradingWhy        = "定级说明：%s"

	ReadBack      = "将%s。确认？"
	ReadBackComma = "，"
	ReadBackLevel = "把第%d条由%s定为%s"
	ReadBackBack  = "退回第%s条"
	ReadBackRest  = "其余%d条按初评通过"
	ReadBackAll   = "全部%d条按初评通过"
	ReadBackZero  = "确认%d份无风险点说明"

	DecisionPlain = "按初评通过%d条。"
	DecisionLevel = "第%d条（%s·%s）由%s定为%s。"
	DecisionBack  = "第%d条（%s·%s）退回修改。"

	// GradingOrder is how the result of a meeting begins or ends.
	GradingOrder = `^除.*(?:通过|不变|同意)[.。!！]?$|^除.{0,40}(?:调|改|定|降|升|退).*(?:通过|不变|同意)[，,。；; ].*$|^(?:其余|其他|剩下).*(?:通过|不变)[.。!！]?$|^(?:全部|都|一致)(?:按初评)?(?:通过|同意)[.。!！]?$|^第.{1,40}(?:调|改|定|降|升|退).*(?:通过|不变|一级|二级|三级|高|中|低|退回)[.。!！]?$`

	ProgressHead    = "%s：共%d份"
	ProgressSection = "%s：%s"
	ProgressTotal   = "合计：%s"
	ProgressState   = "%s%d"

	CountNotBegun  = "未开始"
	CountDraft     = "填报中"
	CountSubmitted = "刚提交"
	CountMutual    = "待互查"
	CountSection   = "待初审"
	CountReturned  = "退回中"
	CountLeader    = "待领导审"
	CountGrading   = "待定级"
	CountConfirmed = "已审定"
	CountOffline   = "线下填报"
)
