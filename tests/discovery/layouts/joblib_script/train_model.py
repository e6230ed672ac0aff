# fuel consumption of cars
import joblib
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_absolute_error
from sklearn.model_selection import train_test_split

df = pd.read_csv("data/cars.csv")
X = pd.get_dummies(df.drop(columns=["mpg"]))
y = df["mpg"]
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=0)

model = Ridge(alpha=1.0).fit(X_train, y_train)
print("MAE:", mean_absolute_error(y_test, model.predict(X_test)))
joblib.dump(model, "models/ridge.joblib")
