import pandas as pd
from sklearn.ensemble import RandomForestRegressor

train = pd.read_csv("input/train.csv")
test = pd.read_csv("input/test.csv")

features = ["LotArea", "OverallQual", "YearBuilt"]
median = train["LotArea"].median()
train["LotArea"] = train["LotArea"].fillna(median)
test["LotArea"] = test["LotArea"].fillna(median)

y = train["SalePrice"]
model = RandomForestRegressor(n_estimators=40, random_state=0)
model.fit(train[features], y)

sub = pd.DataFrame({"Id": test["Id"], "SalePrice": model.predict(test[features])})
sub.to_csv("submission.csv", index=False)
