package text

// Surveys open to whoever has the link (公开问卷).
const (
	WordsOpenSurvey     = "发起公开问卷|新建公开问卷|发公开问卷|做公开问卷|发起服务对象问卷|做服务对象问卷|发起扫码问卷|发起群众问卷"
	WordsOpenSurveyList = "公开问卷|公开问卷结果|公开问卷链接|服务对象问卷|服务对象问卷结果|扫码问卷"

	OpenSurveyWhichTitle = "发起哪种公开问卷？"
	OpenSurveyWhichBody  = "谁有链接、扫了码都能填，不登录、不记名，同一个人可能填几次。只给本单位人员填的，请发“发起问卷”。"
	OpenSurveyReadyDesc  = "有链接就能填，%s截止"
	OpenSurveyReadyBody  = "不登录、不记名。开始后题目不能改；结束前谁也看不到结果，也不显示收到多少份。"
	OpenSurveyStarted    = "公开问卷“%s”已开始，%s截止（含当天）。\n填写链接：%s\n二维码和可以张贴的A4页：%s"
	OpenSurveyNoURL      = "还没有设置群众能打开的网址，公开问卷没有链接可发。请信息员设置 QINGFENG_PUBLIC_URL 后重启。"
	OpenSurveyTemplate   = "这种问卷是给本单位人员填的，不能公开。请选“服务对象问卷”。"
	OpenSurveyRunning    = "“%s”：%s截止（含当天），结束前谁也看不到结果。\n链接：%s\n二维码：%s"
	OpenSurveyLatest     = "最近结束的：“%s”，看结果：%s"
	OpenSurveyNone       = "现在没有公开问卷。回“发起公开问卷”就能开始。"
	OpenSurveyNotYours   = "公开问卷由防控办发起。需要的话请联系防控办，回“找人”看联系人。"
	OpenSurveyEndSoon    = "好的，今天是最后一天，明天不能再填。票要等夜里统一入库，明天早上起可以看结果。"
	OpenSurveyEndAlready = "这份问卷今天就截止，或者已经结束，不用再提前。"
	OpenSurveyEndOnly    = "只有防控办可以提前结束。"
	OpenSurveyFile       = "公开问卷结果_%s.xlsx"
	OpenSurveySheetFile  = "公开问卷张贴页_%s.pdf"
	OpenSurveyNoFont     = "这台机器没有中文字体，张贴页做不出来。请信息员安装中文字体（如 fonts-noto-cjk），链接和二维码可以先用。"
	WebOpenSurveys       = "公开问卷"

	OpenSurveyPaperScan  = "扫一扫，填问卷"
	OpenSurveyPaperUntil = "%s截止（含当天），大约两分钟"
	OpenSurveyPaperFree  = "不用登录，不用装软件，不问您是谁。"
	OpenSurveyPaperSafe  = "结束前谁也看不到结果；不足5人的数字永远不显示。"
	OpenSurveyPaperElse  = "问卷里请不要写具体人的问题。反映具体人的问题，请拨打12388。"
)
