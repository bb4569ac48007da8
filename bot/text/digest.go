package text

// The office's morning digest.
const (
	ProgressPictureTitle = "自查表提交进度"
	DigestTitleLate      = "今日提示：逾期%d件"
	DigestTitleSoon      = "今日提示：近期到期%d件"
	DigestTitleOther     = "今日提示"
	DigestDesc           = "最后一段可直接转发股室群"
	DigestLate           = "【已逾期】%d件：%s。"
	DigestSoon           = "【三个工作日内到期】%d件：%s。"
	DigestSection        = "%s%d件"
	DigestWaiting        = "【等谁审】%s。"
	DigestReviewer       = "%s%d件"
	DigestReviewerDue    = "%s%d件（过了办理期%d件）"
	DigestUndelivered    = "【没有送达】%s。请当面或电话告诉他们，并看看是否在应用可见范围里。"
	DigestPerson         = "%s（%s）"
	DigestMorePeople     = "等%d人"
	DigestExtensions     = "【延期申请】%d件等您定。"
	DigestUnowned        = "【没有负责人】%d件：%s。请回“指定代办”。"
	DigestLeft           = "【负责人已离开】%d件：%s。请回“指定代办”；自查表请先在花名册里换人。"
	DigestIdle           = "【应用快要停用】企业微信提醒过本应用使用太少。请让几位同事打开应用说句话（例如“进度”），并请管理员在后台确认继续使用。"
	DigestStopped        = "【应用已停用】企业微信因使用太少停用了本应用。请管理员登录后台，在应用详情里恢复使用。"
	DigestNoYear         = "【节假日】%d年的放假安排还没有导入，只能按周末算。请在网页的“导入”里补上，再看各项截止日。"
	DigestNoneToday      = "今天没有要提示的事：没有逾期，三个工作日内也没有到期的。"
	DigestChase          = "催办"
	DigestGrant          = "准予延期"
	DigestGive           = "指定代办"
	DigestListButton     = "看名单"
	DigestNotYours       = "今日提示是给防控办看的。您自己的事，请回“我要办的”。"
	DigestNoRequests     = "现在没有等着定的延期申请。"
	DigestMoreAsked      = "还有%d件延期申请，在页面上看：%s"
	WordsDigest          = "今日提示|晨报|日报|今天的提示|今日情况"

	DigestForwardCheck = "各位同事：个人岗位风险点自查%s截止，全单位%d份，已交%d份，还有%d份没交。还没交的请在企业微信“清风”里回“自查”接着填，约8分钟。"
	DigestForwardLate  = "各位同事：个人岗位风险点自查%s已截止，全单位%d份，已交%d份，还有%d份没交。请尽快在企业微信“清风”里回“自查”补上，约8分钟。"
	DigestForwardDone  = "各位同事：个人岗位风险点自查%d份已全部交来，谢谢大家。"
	DigestForwardPlain = "各位同事：近期工作正在按计划进行。"
	DigestForwardSome  = "各位同事：近期有%d件工作快到期或已到期，请有关同志抓紧办理。"
	DigestForwardOther = "另有%d件其他工作快到期或已到期，请有关同志抓紧办理。"
	DigestForwardEnd   = "有困难请找防控办，谢谢大家。"

	KindReply    = "回复"
	KindNotice   = "通知"
	KindReminder = "提醒"
	KindSurvey   = "问卷"
)

// 进度 for the office, a section head and a leader in charge.
const (
	WordsPicture       = "进度图|看进度图|进度图表|画个进度图|进度条|图表"
	ProgressOwed       = "其他工作：逾期%d件，三个工作日内到期%d件。回“看名单”看是哪些。"
	ProgressOwnSection = "%s（%d份）："
	ProgressPerson     = "· %s：%s"
	ProgressLeaderHead = "您分管的股室（%d份）："
	ProgressPicture    = "进度图马上发给您。"
	ProgressNoPicture  = "现在发不了图，先看文字："
	ProgressPictureNot = "进度图是给防控办看的。您自己的进度，请回“进度”。"
)
